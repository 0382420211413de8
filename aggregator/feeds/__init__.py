"""A feed's bytes become items: fetch, guard, parse, clean, tell apart, and when to ask next.

Only `fetch` and `resolve` (sockets) and `workers` (processes) touch the world.  The rest is pure,
but for what `robots`, `quota` and `known` remember.
"""
