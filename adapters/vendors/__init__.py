"""One module a vendor; `http.py` is what they share."""
