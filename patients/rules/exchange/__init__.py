"""The record as other systems read and write it: codes and closed tables (RULES 8, 9). Pure."""
