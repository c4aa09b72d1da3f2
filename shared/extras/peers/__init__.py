"""What stage 12 trains, as one would write it with other libraries.

Each `with_….py` is a program of its own, written as the documentation of its
library has it and no longer than is fair. They and `worker` are run with
`.venv-bench/`, an environment that has these libraries; `shared.extras.bench`
starts them there. Nothing else imports them.
"""
