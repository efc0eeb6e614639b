"""Pages: of the day and of a patient, the rules as run, a record as a file, the reports."""
