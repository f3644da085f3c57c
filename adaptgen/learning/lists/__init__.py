"""How lists are paged, by trying: ``learn.learn_lists`` is the face.

``candidates`` has the names that may page, ``counting`` the arithmetic of positions, ``observe`` what
an answer shows; ``sizes``, ``positions``, ``tokens`` and ``ends`` ask one question each; ``study`` puts them in order
for one list and writes the line; ``verify`` lets the runtime read two pages with it.

Questions: ``list.read``, ``list.order``, ``paging.size.honoured``, ``paging.size.customary``, ``paging.size.largest``,
``paging.position``, ``paging.position.honoured``, ``paging.position.customary``, ``paging.next``,
``paging.single_use``, ``paging.total``, ``paging.end``, ``paging.verified`` and, last, ``paging.style``."""
