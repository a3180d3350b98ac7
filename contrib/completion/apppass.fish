# SPDX-License-Identifier: BSD-2-Clause
# fish completion for apppass.  What can come next is decided by "apppass complete".

function __apppass_complete
    set -l typed (commandline -opc)
    set -l current (commandline -ct)
    set -l program $typed[1]
    set -e typed[1]
    set -l found ($program complete -- $typed (string trim --left --chars "'\"" -- $current) 2>/dev/null)
    switch "$found[1]"
        case :files
            __fish_complete_path $current
        case :directories
            __fish_complete_directories $current
        case '*'
            string join \n -- $found
    end
end

complete -c apppass -f -a '(__apppass_complete)'
