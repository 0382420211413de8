"""The whole program in virtual time, under faults that one seed draws; nothing in it is random twice."""
