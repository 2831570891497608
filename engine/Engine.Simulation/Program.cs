using Engine.Simulation.Running;

return Soak.Run(args, Console.Out, Console.Error, Console.In);
