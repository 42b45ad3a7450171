"""The application under test. Its package has the name that half of all projects use."""
