import ArgumentParser
import Pipeline

/// `caduceus version`.
struct VersionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "version", abstract: "Print the version of the program and of its HTTP engine.")

  func run() async throws {
    print("caduceus \(Version.text)")
    print("libmicrohttpd \(Server.engineVersion)")
  }
}
