"""
One module a vendor, all of one shape; what they share stands beside them.

`section` settings · `wire` reading answers leniently · `answer` what an answer means · `http` the client ·
`quota` budgets · `paging` sweeping a list · `remembered` a small memory with a time limit.
"""
