"""Cases of the S-rules for the browser, one file a noun: how a record is brought about, and the steps over each boundary."""
