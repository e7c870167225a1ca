"""The shortest scripts that make the same requests as shopbell: what lies below them cannot be reached."""
