import ArgumentParser

/// `caduceus config`.
struct ConfigCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Print every setting, its value and where it came from; secrets are masked.")

  @OptionGroup var options: ConfigurationOptions

  func run() async throws {
    let configuration = try Configuration(flags: options.given)
    for definition in SettingDefinition.all {
      let value = configuration.values[definition.name]
      let shown = value.map { definition.isSecret ? "********" : $0.text } ?? "(not set)"
      print("\(definition.name) = \(shown)  [\(value?.origin ?? "default")]  # \(definition.summary)")
    }
  }
}
