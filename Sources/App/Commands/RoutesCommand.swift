import ArgumentParser
import HTTPTypes
import Logging
import Pipeline

/// `caduceus routes`.
struct RoutesCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "routes", abstract: "Print the routing table: path, methods, pipeline, handler, limits.")

  @OptionGroup var options: ConfigurationOptions

  func run() async throws {
    let configuration = try Configuration(flags: options.given)
    let logger = Logger(label: "caduceus") { _ in SwiftLogNoOpLogHandler() }
    let router = try await Parts(configuration, logger: logger).router()
    let header = ["PATH", "METHODS", "PIPELINE", "HANDLER", "LIMITS"]
    let lines = [header] + router.routes.map(columns)
    let widths = header.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
    for line in lines {
      let cells = zip(line, widths).map { text, width in text + String(repeating: " ", count: width - text.count) }
      print(cells.joined(separator: "  "))
    }
  }

  private func columns(of route: Route) -> [String] {
    [
      route.pattern, route.methods.map(\.method.rawValue).joined(separator: ","),
      route.steps.joined(separator: ">"), route.handler, limits(of: route),
    ]
  }

  private func limits(of route: Route) -> String {
    var limits = ["body \(route.limits.body)"]
    if let keepalive = route.keepalive { limits.append("keepalive \(keepalive.comment) \(keepalive.interval)") }
    return limits.joined(separator: ", ")
  }
}
