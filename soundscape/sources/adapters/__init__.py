"""Data sets into banks: what each one's records mean, and taking as much of it as is asked for.

candidate.py   what an adapter hands over: a recording and what is said of it
fields.py      rules by which columns become the fields of a source
mapping.py     a data set as a declaration (format, columns, licence), in code or in a YAML file
hub.py         records of Parquet and tar shards, streamed through ``datasets`` without torch
speech.py, sounds.py           the declarations
folders.py, music.py, manifests.py    data sets and manifests on disk
registry.py    every adapter by name
partial.py, quotas.py, take.py        taking: resumable, within quotas, published whole
"""
