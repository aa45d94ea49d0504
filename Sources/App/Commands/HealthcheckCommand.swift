import ArgumentParser
import Foundation
import Pipeline

/// `caduceus healthcheck`: for containers and supervisors. Ends with 0 when a server answers on the configured address.
struct HealthcheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "healthcheck", abstract: "Ask the server that runs with this configuration whether it works.")

  @OptionGroup var options: ConfigurationOptions

  func run() async throws {
    let configuration = try Configuration(flags: options.given)
    let host = configuration.server.address
    let port = configuration.server.port
    guard let answer = HealthProbe.ask(address: host, port: port), answer.hasPrefix("HTTP/1.1 200 ") else {
      FileHandle.standardError.write(Data("No healthy server answers on \(host):\(port).\n".utf8))
      throw ExitCode.failure
    }
    print("healthy")
  }
}
