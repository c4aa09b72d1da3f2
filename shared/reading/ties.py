"""To which line a note belongs, where its own words do not say so.

For each row of the table, by its name: the first words of a note, and a part
of the line. It is looked for as `shared.reading.notes` does with the code in
a note: in what the change adds, then in what it removes, then in what stays.
"""

TIES = {
    "prelude-autograd": {
        "A view shows": "table[0, 0] = 7",
        "A leaf is": "[v.is_leaf for v in",
        "Older code wraps": "b = Variable(",
        "`backward` adds": "(w * w).backward()",
        "It is often said": "refusal((2 * x + p).backward)",
    },
    "prelude-linear-by-hand": {
        "Every step uses": "for epoch in range(epochs)",
        "The loss is a long": "lr=0.005",
        "After 10 steps": "epochs=10_000",
    },
    "prelude-linear-autograd": {
        "After each step": "k.grad.zero_()",
        "The points require": "k = torch.zeros(",
    },
    "prelude-linear-module": {
        "It draws its initial": "nn.init.zeros_(model.weight)",
    },
    "01": {
        "The weights are": "/ math.sqrt(784)",
        "`loss.backward()` adds": "weights.grad.zero_()",
        "`log_softmax` divides": "x.exp().sum(",
        "The model is": "def model(xb)",
    },
    "02": {
        "The model now ends": "return xb @ weights + bias",
        "`train` returns": "return model(x_valid)",
    },
    "03": {
        "The division needs": "math.sqrt(784)",
        "`model(xb)` calls": "def forward(self, xb)",
    },
    "05": {
        "The optimizer is given": "optim.SGD(model.parameters()",
    },
    "06": {
        "A map-style dataset": "TensorDataset(x_train, y_train)",
        "The last batch": "range(0, len(train_ds), batch_size)",
    },
    "07": {
        "Each epoch loops": "for xb, yb in train_dl",
        "The last batch": "DataLoader(train_ds, batch_size=batch_size)",
        "A `DataLoader` costs": "DataLoader(train_ds, batch_size=batch_size)",
    },
    "08": {
        "This stage does more": "shuffle=True",
        "Shuffling adds": "shuffle=True",
        "The validation images": "batch_size=batch_size * 2",
        "The validation loss": "* len(xb)",
        "`log` also has": "log.validation(",
        "`eval()` does not": "with torch.no_grad()",
    },
    "09": {
        "The rows of 784": "xb.view(-1, 1, 28, 28)",
        "With stride 2": "self.conv1 = nn.Conv2d(",
        "The ReLU after": "F.relu(self.conv1(xb))",
        "The last ReLU": "F.relu(self.conv3(xb))",
        "This stage does more": "momentum=momentum",
        "Trained twice": "return model(x_valid)",
    },
    "10": {
        "The layers are made": "nn.Conv2d(1, 16",
        "PyTorch has": "Lambda(lambda xb: xb.flatten(1))",
    },
    "11": {
        "The network takes": "x.view(-1, 1, 28, 28), y",
        "The shapes in": "nn.AdaptiveAvgPool2d(1)",
        "Both loaders": "x_valid, _ = preprocess(x_valid, y_valid)",
    },
    "12": {
        "The model moves once": "x.view(-1, 1, 28, 28).to(device)",
        "`nn.Module.to` changes": "model = cnn().to(device)",
        "The model moves before": "model = cnn().to(device)",
        "The weights are drawn": "model = cnn().to(device)",
        "An accelerator works": "log(loss)",
        "With a network": "device = torch.accelerator.current_accelerator()",
    },
    "encore-checkpoint": {
        "The parameters alone": '"opt": opt.state_dict()',
        "The random numbers": "torch.get_rng_state()",
        "`history` is passed": "for losses, valid_loss in history",
        "The file is also": "file.testzip()",
        "A checkpoint continues": 'checkpoint["settings"][name] != value',
    },
    "encore-distributed": {
        "`DistributedDataParallel` first": "DistributedDataParallel(cnn()",
        "`DistributedSampler` shuffles": "set_epoch(epoch)",
        "If a process dies": "init_process_group(backend, timeout=PATIENCE)",
        "`torchrun --max-restarts": "dist.is_torchelastic_launched()",
    },
    "encore-fast": {
        "A `DataLoader` fetches": "shuffled = BatchSampler(",
        "For validation": "batch_size * 16",
        "`torch.compile` is": "model = cnn().to(device",
        "Most of the time": "nn.Conv2d(1, 16",
    },
    "encore-fashion": {
        "A `Dataset` of this": "class Clothes(Dataset)",
        "An IDX file": "np.frombuffer(images_file.read()",
        "`transform` is called": "self.transform(image)",
        "With `num_workers`": "num_workers=num_workers,",
        "`drop_last` leaves": "drop_last=drop_last,",
        "`nn.CrossEntropyLoss` and": "nn.Linear(256, 10)",
        "Trained on": "Clothes(x_train, y_train, as_image)",
    },
}
