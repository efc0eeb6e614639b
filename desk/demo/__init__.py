"""The demo clinic: invented people, relative to the moment of loading. Never in production."""
