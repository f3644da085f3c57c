"""What a team does around a server: fetch documents, record answers, set up the pipeline."""
