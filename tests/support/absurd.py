"""What no platform means, and one answer of a proxy may say."""

from __future__ import annotations

ABSURD_WAITS = ("31536000", "1e300", "inf", "nan", "9" * 400)
"""Values of `Retry-After` that nobody can wait for."""
