"""Where digits come from: found in a folder, fetched and verified, or drawn.

`mnist` and `fashion` say what their files are and how they are known;
`source` finds, fetches and verifies files without knowing any data set by
name; `standin` draws digits where MNIST is not available.

Everybody may enter. This room itself uses nothing but `shared.errors` and
`shared.files`.
"""
