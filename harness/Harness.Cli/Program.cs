using Harness.Cli;

return await CommandLine.Run(args, new Surroundings(Console.Out, Console.Error, Console.In));
