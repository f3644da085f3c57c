"""Files that do not travel inside messages: ``desk`` takes and hands them out, ``content`` holds one on disk.

A *reference* stands for a file in an argument: a path inside an allowed folder (``roots``, on stdio), or
``upload://…``, which names a slot that was filled before (``slots`` on the disk of an HTTP server, ``s3`` in a bucket).
A *link* stands for a file in an answer. ``call`` is what one call has of both.
"""
