# Completion of tinyrun for fish. `tinyrun completions fish` prints this file.

function __tinyrun_complete
    # fish hides the words after the cursor from completions.
    set --local words (commandline --current-process --tokenize --cut-at-cursor)
    set --local typed (commandline --current-token --cut-at-cursor)
    TINYRUN_COMPLETE=fish tinyrun -- $words "$typed" 2>/dev/null
end

complete --command tinyrun --no-files --keep-order --arguments '(__tinyrun_complete)'
