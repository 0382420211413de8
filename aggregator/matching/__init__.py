"""Items and rules become matches with evidence: language, index, scan, evaluation, aboutness."""
