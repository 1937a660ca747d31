"""`python -m gan_eval` is the command `gan-eval`."""

from gan_eval_cli.app import gan_eval

gan_eval()
