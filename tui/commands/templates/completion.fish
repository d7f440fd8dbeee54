# fish completion for ld-flag-import
function __ld_flag_import_at
    set -l place ""
    set -l value ""
    for word in (commandline -opc)[2..-1]
        if test -n "$value"
            set value ""
            continue
        end
        switch $word
            case {{ names_with_value | join(" ") }}
                set value $word
            case '-*'
            case '*'
                switch "$place/$word"
                    case {{ paths | join(" ") }}
                        set place "$place/$word"
                end
        end
    end
    test "$place" = "$argv[1]"
end

complete -c ld-flag-import -f
{% for place in places %}
{% for name, summary in place.commands.items() %}
complete -c ld-flag-import -n '__ld_flag_import_at "{{ place.path }}"' -a '{{ name }}' -d '{{ summary }}'
{% endfor %}
{% if place.words %}
complete -c ld-flag-import -n '__ld_flag_import_at "{{ place.path }}"' -a '{{ place.words | join(" ") }}'
{% endif %}
{% if place.takes_file %}
complete -c ld-flag-import -n '__ld_flag_import_at "{{ place.path }}"' -F
{% endif %}
{% for option in place.options %}
complete -c ld-flag-import -n '__ld_flag_import_at "{{ place.path }}"'{% for name in option.names %} {{ "-l " ~ name[2:] if name.startswith("--") else "-s " ~ name[1:] }}{% endfor %}{% if option.takes_file %} -r -F{% elif option.takes_value %} -x{% endif %}{% if option.words %} -a '{{ option.words | join(" ") }}'{% endif %} -d '{{ option.help }}'
{% endfor %}
{% endfor %}
