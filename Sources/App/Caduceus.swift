import ArgumentParser

/// The program.
@main
struct Caduceus: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "caduceus",
    abstract: "The server that people with a Hermes Agent run.",
    discussion: "Without a command it serves. Every option can also be given in the environment or in a file; "
      + "`caduceus config` shows which value counts and where it came from.",
    version: Version.text,
    subcommands: [
      ServeCommand.self, RoutesCommand.self, ConfigCommand.self, VersionCommand.self, HealthcheckCommand.self,
    ],
    defaultSubcommand: ServeCommand.self)
}
