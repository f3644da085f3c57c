"""Whether the calls of generated tools are right, judged by validators that are not ours."""
