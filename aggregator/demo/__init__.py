"""The stage for `bot.py demo`: a sped-up clock and a loopback web that plays scripted feeds.

The program that reads those feeds is the real one; nothing here matches, joins or sends.
"""
