"""What every other part stands on: configuration, database, jobs, HTTP, logs, language."""
