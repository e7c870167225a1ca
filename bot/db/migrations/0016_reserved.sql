-- Kept free for figures that are written down.
SELECT 1;
