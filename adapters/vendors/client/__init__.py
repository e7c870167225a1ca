"""
What every vendor's package is built from.

`http` sends requests · `responses` says what an answer means · `parsing` reads its JSON leniently · `quota` limits
requests · `paging` reads a list page by page · `sweep` finds what changed in it · `caching` remembers answers for a
while · `html` converts bodies that are HTML · `settings` is the base of a vendor's settings.
"""
