import Agents
import ArgumentParser
import Logging
import Pipeline
import ServiceLifecycle
import Store
import UnixSignals

/// `caduceus serve`.
struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(commandName: "serve", abstract: "Serve until told to stop.")

  @OptionGroup var options: ConfigurationOptions

  func run() async throws {
    let configuration = try Configuration(flags: options.given)
    var logger = Logger(label: "caduceus") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = configuration.logLevel
    let parts = try await Parts(configuration, logger: logger)
    let router = try parts.router()
    // Before anything in the directory is changed: nobody else has it, and the port is ours.
    let lock = try parts.lock()
    let server = try Server(router: router, configuration: configuration.server, logger: logger)
    try await parts.open()
    announce(server, parts)
    // Services stop in reverse order: first the turns, so that their streams end with what was saved; then the server;
    // then the store.
    let group = ServiceGroup(
      services: [StoreService(store: parts.store, logger: logger), server, TurnService(turns: parts.turns)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    try await group.run()
    withExtendedLifetime(lock) {}
  }

  private func announce(_ server: Server, _ parts: Parts) {
    let host = parts.configuration.server.address
    let address = "http://\(host.contains(":") ? "[\(host)]" : host):\(server.port)"
    print("Caduceus \(Version.text) is listening on \(address)")
    print("State: \(parts.configuration.layout.stateDirectory); agent: \(parts.agent.runtime.name)")
    // The line is waited for by whoever started this.
    fflushStandardOutput()
  }
}
