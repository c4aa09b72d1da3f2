"""What was measured, as files, and how to read them.

The files beside this one are published: README.md and the book show them.
`published` reads them and tells which rows of the table have changed since;
`tables` makes tables of them. Nothing is measured here, and nothing written.

`shared.reading`, `shared.book`, `shared.proof` and `shared.extras` may enter.
This room uses nothing but `shared.errors`.
"""
