"""Matches become developments: what happened, how far it got, and which reports are the same."""
