# Stands in for Vagrant: prints what a Vagrantfile tells it, a line for each setting.
require "json"

class Told
  def initialize(path)
    @path = path
  end

  def method_missing(name, *words, **named, &block)
    path = [@path, name.to_s.chomp("=")].compact.join(".")
    return Told.new(path) if words.empty? && named.empty?

    said = words.map(&:to_json) + named.map { |key, value| "#{key}: #{value.to_json}" }
    puts "#{path} #{said.join(', ')}"
    block&.call(Told.new("  #{words.first}"))
  end

  def respond_to_missing?(*)
    true
  end
end

module Vagrant
  class MachineIndex; end

  module Action
    module Builtin
      class HandleForwardedPortCollisions; end
    end
  end

  def self.configure(_version)
    yield Told.new(nil)
  end
end

module VagrantPlugins
  module DockerProvider
    class Driver; end
  end
end

load ARGV.fetch(0)
