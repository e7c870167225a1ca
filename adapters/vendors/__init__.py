"""
One module a vendor, all of one shape; what they share stands beside them.

`section` settings · `wire` reading answers leniently · `answer` what an answer means · `http` the client ·
`quota` budgets · `paging` sweeping a list · `numbering` where pages begin · `second_look` lists that may not tell ·
`remembered` a small memory with a time limit · `html` bodies that are marked up · `table` what each vendor can do.
"""
