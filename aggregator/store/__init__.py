"""What is remembered: SQLite behind the `Store` port."""
