"What is known about jobs: the record, its store, logs, progress and the tracker."
