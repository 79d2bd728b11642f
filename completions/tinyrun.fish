complete --keep-order --exclusive --command tinyrun --arguments "(TINYRUN_COMPLETE=fish tinyrun -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
