"""Small programs for whoever develops shopbell; none of them is installed with it."""
