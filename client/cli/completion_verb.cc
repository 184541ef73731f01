// `entente completion`: a script for the shell, made from the program's own tree of verbs.
#include <iostream>

#include "client/cli/context.h"
#include "client/cli/verbs.h"

namespace entente::cli {
namespace {

std::string words_of(const CLI::App& app) {
  std::string words;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    words += verb->get_name() + " ";
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  return words;
}

// One `case` branch for each path of verbs, `session list` say.
void branches(const CLI::App& app, const std::string& path, std::string& out) {
  out += "    \"" + path + "\") words=\"" + words_of(app) + "\" ;;\n";
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    branches(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), out);
  }
}

std::string bash_script(const CLI::App& app) {
  std::string cases;
  branches(app, "", cases);
  return "_entente() {\n"
         "  local path=\"\" words=\"\" word i\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    word=${COMP_WORDS[i]}\n"
         "    case \"$word\" in -*) ;; *) path=\"${path:+$path }$word\" ;; esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _entente entente\n";
}

}  // namespace

std::string completion_script(const CLI::App& app, const std::string& shell) {
  const std::string script = bash_script(app);
  return shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" + script : script;
}

void add_completion_verb(CLI::App& app, Context&) {
  auto shell = std::make_shared<std::string>();
  add_verb(app, "completion", "prints completion for a shell", "source <(entente completion bash)",
           [shell, &app] { std::cout << completion_script(app, *shell); })
      ->add_option("shell", *shell, "bash or zsh")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh"}));
}

}  // namespace entente::cli
