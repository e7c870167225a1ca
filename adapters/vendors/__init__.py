"""
One package for each vendor, all with the same files; `client` is what they are built from.

`capability_table` makes the table of what each vendor can do.
"""
