"""
What shopbell costs, measured from outside: `python -m tests.bench`, or `make bench`.

Each row of the table is measured over practice servers in one process, the bot in another, and the shortest script that
makes the same requests (the floor) in a third. Each run is a process of its own, so that none inherits another's heap.
"""
