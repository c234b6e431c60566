"""Data sets into banks: what the records of each one mean, and taking as much of it as is asked for.

* ``candidate``: what an adapter hands over, a recording and what is said of it
* ``fields``, ``functions``: rules by which columns become the fields of a source
* ``mapping``, ``mapping_file``: a data set as a declaration (format, columns, licence), in code or in YAML
* ``hub``, ``shards``, ``shelf``: shards through ``datasets`` without torch, from the hub or from a copy on disk
* ``speech``, ``sounds``: the declarations
* ``voices``, ``clips``, ``music``: data sets on disk, ``tables`` what they share
* ``audiofolder``, ``manifests``: one's own data
* ``registry``: every adapter by name
* ``beds``: which sound effects can lie under a whole scene
* ``quotas``, ``partial``, ``bring``, ``take``: taking, within quotas, resumable, published whole
"""
