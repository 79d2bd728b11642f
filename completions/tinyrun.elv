
set edit:completion:arg-completer[tinyrun] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) TINYRUN_COMPLETE="elvish" tinyrun -- $@words) | to-lines
}

