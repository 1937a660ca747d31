"""`python -m nicegan` is the command `nicegan`."""

from gan_eval_cli.app import nicegan

nicegan()
