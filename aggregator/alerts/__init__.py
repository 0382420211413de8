"""Developments and subscriptions become deliveries: who is told, when, and in what order."""
