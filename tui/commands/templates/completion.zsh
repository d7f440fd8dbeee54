#compdef ld-flag-import
# zsh completion for ld-flag-import
_ld-flag-import() {
    local place="" value="" word files=""
    local -a items opts
    integer i
    for ((i = 2; i < CURRENT; i++)); do
        word="${words[i]}"
        if [[ -n $value ]]; then
            value=""
            continue
        fi
        case "$word" in
            ({{ names_with_value | join("|") }}) value="$word" ;;
            (-*) ;;
            (*) case "$place/$word" in ({{ paths | join("|") }}) place="$place/$word" ;; esac ;;
        esac
    done
    case "$value" in
        ("") ;;
{% for option in with_value if option.takes_file %}
        ({{ option.names | join("|") }}) _files; return ;;
{% endfor %}
{% for option in with_value if option.words %}
        ({{ option.names | join("|") }}) compadd -- {{ option.words | join(" ") }}; return ;;
{% endfor %}
        (*) return ;;
    esac
    case "$place" in
{% for place in places %}
        ("{{ place.path }}")
            items=({% for name, summary in place.commands.items() %}'{{ name }}:{{ summary }}' {% endfor %}{% for word in place.words %}'{{ word }}' {% endfor %})
            opts=({% for option in place.options %}{% for name in option.names %}'{{ name }}:{{ option.help }}' {% endfor %}{% endfor %})
            files="{{ "yes" if place.takes_file }}" ;;
{% endfor %}
    esac
    if [[ $PREFIX == -* ]]; then
        _describe -o option opts
    elif (( $#items )); then
        _describe command items
    elif [[ -n $files ]]; then
        _files
    fi
}

if [[ "$funcstack[1]" == _ld-flag-import ]]; then
    _ld-flag-import "$@"
else
    compdef _ld-flag-import ld-flag-import
fi
