/// How long ``OpenAIRuntime`` waits for a model server. There is no limit for an answer as a whole.
public struct OpenAITimeouts: Sendable {
  /// Until the connection stands.
  public var connect: Duration
  /// Until the first byte of the answer; long, because a local server loads its model first.
  public var firstByte: Duration
  /// Between two bytes of the answer.
  public var idle: Duration
  /// Until the list of models is there.
  public var models: Duration
  /// How long the rest of a stream is waited for after the model said that it is finished.
  public var afterFinish: Duration

  /// Timeouts of your own.
  public init(
    connect: Duration = .seconds(10), firstByte: Duration = .seconds(300), idle: Duration = .seconds(120),
    models: Duration = .seconds(5), afterFinish: Duration = .seconds(5)
  ) {
    self.connect = connect
    self.firstByte = firstByte
    self.idle = idle
    self.models = models
    self.afterFinish = afterFinish
  }
}
